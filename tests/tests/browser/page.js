// Before every document: its sockets take the way that it came by itself, which a test can cut, and time can be moved on.
{
  const { WebSocket: Socket, Date: Clock, setTimeout: later, clearTimeout: cancel } = globalThis;
  globalThis.WebSocket = class WebSocket extends Socket {
    constructor(url) {
      const address = new URL(url);
      address.host = location.host;
      super(address);
    }
  };

  const timers = new Map();
  let ahead = 0;
  const now = () => Clock.now() + ahead;
  globalThis.Date = class Date extends Clock {
    constructor(...parts) {
      if (parts.length > 0) super(...parts);
      else super(now());
    }
    static now() {
      return now();
    }
  };
  globalThis.setTimeout = (run, ms = 0, ...values) => {
    const ring = () => {
      timers.delete(id);
      run(...values);
    };
    const id = later(ring, ms);
    timers.set(id, { at: now() + ms, ring });
    return id;
  };
  globalThis.clearTimeout = (id) => {
    timers.delete(id);
    cancel(id);
  };
  // The timers of that time ring now, in their order.
  globalThis.moveOn = (ms) => {
    ahead += ms;
    for (const [id, { at, ring }] of [...timers].sort(([, left], [, right]) => left.at - right.at)) {
      if (at > now() || !timers.has(id)) continue;
      cancel(id);
      ring();
    }
  };
}
