/**
 * Inviting somebody with a link. The secret stands behind the `#`, which browsers do not send to servers.
 */
import { ask } from "./dialog.js";
import { el } from "./dom.js";
import { t } from "./words/index.js";

const PREFIX = "#/join/";

/** The invite that this page was opened with. @returns {string | null} */
export function inviteInAddress() {
  return location.hash.startsWith(PREFIX) ? decoded(location.hash.slice(PREFIX.length)) : null;
}

/** A link that was cut or altered on its way is for the server to refuse. @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {string} secret */
export function showInvite(secret) {
  const link = `${location.origin}${location.pathname}${PREFIX}${encodeURIComponent(secret)}`;
  const input = el("input", { class: "input", readOnly: true, value: link, dir: "ltr", "aria-label": t("inviteLink"), onfocus: () => input.select() });
  const copy = async () => {
    input.select();
    // Where pages may not write to the clipboard, the link is selected already.
    await navigator.clipboard?.writeText(link).then(copied).catch(() => {});
  };
  // That a button has another name is not read out.
  const copied = () => (button.textContent = status.textContent = t("copied"));
  const status = el("span", { class: "hidden", role: "status" });
  const button = el("button", { class: "button", type: "button", onclick: copy }, t("copy"));
  return ask({ title: t("invite"), lead: t("inviteLead"), content: [el("div", { class: "copy-row" }, input, button, status)] });
}
