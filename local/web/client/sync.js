/**
 * Catching up: one `sync` frame for all sessions, and REST for what does not fit into one frame.
 */
import { ChatError } from "./errors.js";
import { sameSession } from "./ids.js";

/** @typedef {import("./session.js").Session} Session */

/** The server does not know the cursor: its history is another one now, and what is here counts no more. */
export const RESET = "reset";

/**
 * Brings sessions up to their newest change.
 *
 * @param {import("./socket.js").Socket} socket
 * @param {import("./api.js").Api} api
 * @param {Session[]} sessions Loaded ones.
 * @returns {Promise<void>} Rejects with a retryable `ChatError`; what is final fails the session that it concerns.
 */
export async function catchUp(socket, api, sessions) {
  const unfinished = await overSocket(socket, sessions);
  for (const session of unfinished) await overRest(api, session);
}

/**
 * @param {import("./socket.js").Socket} socket
 * @param {Session[]} sessions
 * @returns {Promise<Session[]>} The sessions that are still behind.
 */
async function overSocket(socket, sessions) {
  const cursors = Object.fromEntries(sessions.map((session) => [session.id, session.cursorName]));
  let pages;
  try {
    pages = (await socket.request({ type: "sync", cursors })).sessions;
  } catch (error) {
    // One session that is gone refuses the whole frame; over REST each gets its own answer.
    if (error instanceof ChatError && !error.retry) return sessions;
    throw error;
  }
  return sessions.filter((session) => {
    const page = pages.find((/** @type {any} */ one) => sameSession(one.session_id, session.id));
    if (page?.error) return session.refused(page.error);
    if (page) session.applyPage(page);
    return !page?.complete;
  });
}

/**
 * @param {import("./api.js").Api} api
 * @param {Session} session
 */
async function overRest(api, session) {
  try {
    for (let complete = false; !complete; ) {
      const page = await api.since(session.id, session.cursorName ?? 0);
      session.applyPage(page);
      complete = page.complete;
    }
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    if (error.code === RESET) session.reset();
    else if (error.retry) throw error;
    else session.fail(error);
  }
}
