/**
 * The page: the first screen, or the three seats of the demonstration.
 */
import { Demo } from "./demo.js";
import { askToStartOver } from "./view/start-over.js";
import { stage } from "./view/stage.js";
import { startScreen } from "./view/start-screen.js";

const demo = new Demo({ language: navigator.language });

/** @param {string} [note] Why the reader is here again. */
function showStart(note) {
  const begin = async (/** @type {(step: string) => void} */ progress) => {
    await demo.begin(progress);
    showStage();
  };
  document.body.replaceChildren(startScreen({ note, begin }));
}

function showStage() {
  const seats = demo.seats();
  const wake = () => {
    if (document.visibilityState === "visible") for (const { chat } of seats) chat.socket.check();
  };
  // Timers sleep with the machine; these two say that it is awake, or on another network.
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);

  const startOver = async (/** @type {string} */ note) => {
    window.removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", wake);
    for (const { chat } of seats) chat.socket.stop();
    await demo.end();
    showStart(note);
  };
  const ask = async () => {
    if (await askToStartOver()) await startOver("");
  };
  document.body.replaceChildren(stage({ seats, title: demo.title, startOver, ask }));
  for (const { chat } of seats) chat.socket.start();
}

if (demo.begun) showStage();
else showStart();
