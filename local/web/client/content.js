/**
 * What fits into a message.
 */

/** The server takes so much text: 16 KiB, measured as the text stands in JSON, in UTF-8. */
export const MAX_CONTENT_BYTES = 16 * 1024;

/** The two quotes that JSON puts around a string. */
const QUOTES = 2;

/**
 * The size of a text by the server's measure.
 *
 * @param {string} text
 * @returns {number} Bytes.
 */
export function contentBytes(text) {
  return new TextEncoder().encode(JSON.stringify(text)).length - QUOTES;
}
