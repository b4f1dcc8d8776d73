/**
 * The page: the way in, the chat, or the three seats of the demonstration.
 */
import { Demo } from "./demo.js";
import { forgetJson, forgetOutbox, gatepost, ignoreChatError, storedJson } from "./gatepost.js";
import { languageItems, logIn, signUp, wantsLogOut } from "./view/account.js";
import { App } from "./view/app.js";
import { ask } from "./view/dialog.js";
import { errorText } from "./view/format.js";
import { inviteInAddress } from "./view/invitation.js";
import { hasSchedules, showSchedules } from "./view/schedules.js";
import { applySettings, chooseLanguage, colourItems } from "./view/settings.js";
import { stage } from "./view/stage.js";
import { startScreen } from "./view/start-screen.js";
import { spoken, t } from "./view/words/index.js";

const TWO_DEVICES = "#/two";

/** Where messages wait in this browser: this page's own, and those of the seats. */
const OUTBOXES = ["gatepost", "gatepost.laptop", "gatepost.assistant"];

/** Whether the user has an account, and is no guest. The server does not tell. */
const account = storedJson(() => localStorage, "gatepost.account", false);

/** All windows of this browser share these. */
const tokens = storedJson(() => localStorage, "gatepost.tokens");

/** Ends what is shown now. */
let end = () => {};
/** Whose page that is. @type {string | null} */
let shown = null;
/** Counts what was shown: who finds another number after a wait comes too late. */
let shows = 0;
/** Whether that is the three seats. */
let staged = false;
let schedules = false;

async function show(/** @type {string} */ note = "") {
  end();
  const turn = ++shows;
  staged = location.hash === TWO_DEVICES;
  const me = await gatepost({ language: spoken() });
  if (turn !== shows) return;
  shown = me.api.userId;
  if (me.api.userId === null) showStart(me, note);
  else if (location.hash === TWO_DEVICES) await showStage(me);
  else await showApp(me);
}

/**
 * @param {import("./view/app.js").Me} me
 * @param {string} note Why the reader is here again.
 */
function showStart({ api }, note) {
  let made = false;
  const begin = async (/** @type {(step: string) => void} */ progress) => {
    progress(t("startingGuest"));
    made = (await api.guest()) || made;
    if (made) account.write(false);
    progress(t("openingSession"));
    if (made && inviteInAddress() === null) await api.openSession({ title: t("demoTitle") });
    await show();
  };
  const enter = async () => {
    if (!(await logIn(api))) return;
    account.write(true);
    await show();
  };
  document.body.replaceChildren(startScreen({ note: note || (inviteInAddress() === null ? "" : t("invited")), begin, logIn: enter, chooseLanguage: speakAnew }));
  end = () => {};
}

/** @param {import("./view/app.js").Me} me */
async function showApp(me) {
  const { api, chat, sessions } = me;
  const user = api.userId;
  const app = new App(me, { items });

  function items() {
    const enter = [
      { label: t("signUp"), act: async () => void ((await signUp(api)) && account.write(true)) },
      { label: t("logIn"), act: enterAccount },
    ];
    return [
      ...(account.read() ? [] : [{ heading: t("guest") }, ...enter]),
      { label: t("twoDevices"), act: twoDevices },
      ...(schedules ? [{ label: t("schedules"), act: () => void showSchedules() }] : []),
      { heading: t("language") },
      ...languageItems(speakAnew),
      { heading: t("colours") },
      ...colourItems(),
      { heading: "" },
      { label: t("logOut"), act: leave, danger: true },
    ];
  }

  async function enterAccount() {
    if (!(await logIn(api))) return;
    account.write(true);
    await show();
  }

  async function leave() {
    if (!(await wantsLogOut(!account.read()))) return;
    // A server that cannot be reached is told as long as it takes; nobody waits for that before an open conversation.
    const told = api.logout().catch(ignoreChatError);
    // An outbox that lived on could write into what is forgotten.
    end();
    await forgetEverybody();
    await show();
    await told;
  }

  chat.socket.addEventListener("state", () => {
    const { error } = chat.socket;
    if (chat.socket.state !== "offline" || !error?.signedOut) return;
    // Another window may have signed somebody else in by now.
    if (api.userId === user) api.forget();
    void show(errorText(error));
  });
  document.body.replaceChildren(app.element);
  end = () => {
    app.close();
    chat.close();
  };
  chat.start();
  await join(me, app);
  await sessions.refresh();
  // Somebody with one conversation came for that one.
  if (location.hash.length < 3 && sessions.items.length === 1 && matchMedia("(min-width: 48rem)").matches) app.open(sessions.items[0].session_id);
}

/**
 * Uses the invite of the address, if there is one.
 *
 * @param {import("./view/app.js").Me} me
 * @param {App} app
 */
async function join({ api, sessions }, app) {
  const invite = inviteInAddress();
  if (invite === null) return;
  history.replaceState(null, "", "#/");
  try {
    const info = await api.join(invite);
    sessions.put(info);
    app.open(info.session_id);
  } catch (error) {
    ignoreChatError(error);
    await ask({ title: t("joinFailed"), lead: errorText(error) });
  }
}

function twoDevices() {
  location.hash = TWO_DEVICES;
}

/** @param {import("./view/app.js").Me} me */
async function showStage(me) {
  document.body.replaceChildren();
  const demo = new Demo(me, spoken());
  const turn = shows;
  try {
    await demo.begin();
  } catch (error) {
    ignoreChatError(error);
    if (turn !== shows) return;
    history.replaceState(null, "", "#/");
    await show();
    await ask({ title: t("twoDevices"), lead: errorText(error) });
    return;
  }
  if (turn !== shows) return;
  const leave = () => (location.hash = "#/");
  document.body.replaceChildren(stage({ seats: demo.seats, title: demo.title, leave }));
  for (const { chat } of demo.seats) chat.start();
  end = () => {
    for (const { chat } of demo.seats) chat.close();
  };
}

/** @param {string} tag */
function speakAnew(tag) {
  chooseLanguage(tag);
  void show();
}

/** What a sign-in leaves in this browser. */
async function forgetEverybody() {
  forgetJson(() => localStorage, (name) => name.startsWith("gatepost.") && !["gatepost.language", "gatepost.colours"].includes(name));
  for (const name of OUTBOXES) await forgetOutbox(name);
}

window.addEventListener("hashchange", () => {
  const crossed = staged !== (location.hash === TWO_DEVICES);
  if (crossed || inviteInAddress() !== null) void show();
});
// Another window signed in, in as somebody else, or out: a page shows one user's things only.
window.addEventListener("storage", () => {
  if ((tokens.read()?.user_id ?? null) !== shown) void show();
});
applySettings();
hasSchedules().then((has) => (schedules = has));
void show();
