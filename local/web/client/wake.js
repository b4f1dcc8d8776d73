/**
 * When a connection deserves a look: timers sleep with the machine, and a network that changed tells no socket.
 */

/** How often the clock is read. In milliseconds. */
const TICK_MS = 5_000;

/** A tick that comes so much late has been slept over. In milliseconds; hidden pages tick once a minute. */
const SLEPT_MS = 90_000;

/**
 * Calls `wake` when the network came back, the page was shown again, or the machine slept.
 *
 * @param {() => void} wake
 * @returns {() => void} Ends it.
 */
export function onWake(wake) {
  // Not every engine that runs these modules has a window.
  if (typeof window === "undefined") return () => {};
  let last = Date.now();
  const tick = setInterval(() => {
    const now = Date.now();
    if (now - last > SLEPT_MS) wake();
    last = now;
  }, TICK_MS);
  const shown = () => document.visibilityState === "visible" && wake();
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", shown);
  return () => {
    clearInterval(tick);
    window.removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", shown);
  };
}
