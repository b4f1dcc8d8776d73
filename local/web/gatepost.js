/**
 * Gatepost's browser client in one import; `client/` has the modules. `docs/CLIENT.md` has the states and a client in 50 lines.
 */
export * from "./client/index.js";
