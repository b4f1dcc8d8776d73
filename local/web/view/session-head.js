/**
 * What stands above a conversation: its title, who is in it, and what can be done with it.
 */
import { ask, field } from "./dialog.js";
import { el, oncePerFrame } from "./dom.js";
import { showInvite } from "./invitation.js";
import { menu } from "./menu.js";
import { t } from "./words/index.js";

/**
 * @param {object} options
 * @param {import("../client/session.js").Session} options.session
 * @param {import("../client/session-list.js").SessionList} options.sessions
 * @param {import("../client/api.js").Api} options.api
 * @param {() => void} options.leave Goes back to the list.
 * @param {AbortSignal} options.signal Aborted when it is not shown any more.
 */
export function sessionHead({ session, sessions, api, leave, signal }) {
  const title = el("h2", { dir: "auto" });
  const members = el("p", {});
  const back = el("button", { class: "back", type: "button", "aria-label": t("back"), title: t("back"), onclick: leave }, el("span", { "aria-hidden": "true" }));
  const dots = el("span", { class: "dots", "aria-hidden": "true" }, "⋯");
  const options = menu({ label: t("options"), face: [dots], items });
  const element = el(
    "header",
    { class: "session-head" },
    back,
    el("div", { class: "session-name" }, title, members),
    options,
  );

  function draw() {
    title.textContent = session.info?.title || sessions.find(session.id)?.title || t("untitled");
    options.hidden = session.phase === "failed";
    members.textContent = session.phase === "ready" ? t("members", { count: session.others.length + 1 }) : "";
  }

  function items() {
    const { unread, newest } = session;
    const read = unread > 0 && newest ? [{ label: t("markRead"), act: () => session.read(newest.seq) }] : [];
    const owner = [
      { label: t("invite"), act: invite },
      { label: t("rename"), act: rename },
      { label: t("deleteConversation"), act: remove, danger: true },
    ];
    return [...read, ...(session.info?.role === "owner" ? owner : [{ label: t("leave"), act: depart, danger: true }])];
  }

  async function invite() {
    /** @type {{invite?: string}} */ const made = {};
    const act = async () => void Object.assign(made, await api.invite(session.id));
    if (await ask({ title: t("invite"), lead: t("inviteLead"), ok: t("makeLink"), act })) await showInvite(made.invite ?? "");
  }

  function rename() {
    const content = [field(t("conversationTitle"), { name: "title", maxLength: 200, value: session.info?.title ?? "", dir: "auto" })];
    const act = async (/** @type {FormData} */ form) => {
      const info = await api.updateSession(session.id, { title: String(form.get("title")).trim(), version: session.info?.version });
      if (session.info) Object.assign(session.info, info);
      sessions.put(info);
      draw();
    };
    return ask({ title: t("rename"), content, ok: t("save"), act });
  }

  async function remove() {
    const act = async () => {
      await api.deleteSession(session.id);
      sessions.drop(session.id);
    };
    const texts = { title: t("deleteConversationQuestion"), lead: t("deleteConversationLead") };
    if (await ask({ ...texts, ok: t("deleteConversation"), danger: true, act })) leave();
  }

  async function depart() {
    const act = async () => {
      await api.removeMember(session.id, api.userId ?? "");
      sessions.drop(session.id);
    };
    if (await ask({ title: t("leaveQuestion"), lead: t("leaveLead"), ok: t("leave"), danger: true, act })) leave();
  }

  const redraw = oncePerFrame(draw);
  session.addEventListener("change", redraw, { signal });
  sessions.addEventListener("change", redraw, { signal });
  draw();
  return element;
}
