// The same load as `cargo dev load`, for people who prefer k6 (https://k6.io): users with two devices each, real tickets and sockets.
// Each user's first device sends, one message after the other; the second must see every message, once.
//
//   k6 run --no-usage-report -e URL=http://127.0.0.1:3000 -e USERS=10 -e SECONDS=10 load/k6/chat.js
//
// The stack's limits apply: see docs/PERFORMANCE.md for a stack without them.

import { check } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import http from 'k6/http';
import { WebSocket } from 'k6/experimental/websockets';

const URL = __ENV.URL || 'http://127.0.0.1:3000';
const USERS = Number(__ENV.USERS || 10);
const SECONDS = Number(__ENV.SECONDS || 10);
const TEXT = 'x'.repeat(Number(__ENV.BYTES || 100));
// For the last pushes to arrive, before what is missing counts as lost.
const GRACE_MS = 2000;

const ackMs = new Trend('ack_ms', true);
const deliveredMs = new Trend('delivered_ms', true);
const acked = new Counter('messages_acked');
const lost = new Counter('messages_lost');
const doubled = new Counter('messages_doubled');
const refused = new Counter('messages_refused');
const unanswered = new Counter('messages_unanswered');
const closed = new Counter('sockets_closed_early');

export const options = {
  scenarios: { chat: { executor: 'per-vu-iterations', vus: USERS, iterations: 1, maxDuration: `${SECONDS + 60}s` } },
  summaryTrendStats: ['min', 'med', 'p(95)', 'p(99)', 'max', 'count'],
  thresholds: {
    checks: ['rate==1'],
    ack_ms: ['p(50)<50', 'p(99)<500'],
    messages_acked: ['count>0'],
    messages_lost: ['count==0'],
    messages_doubled: ['count==0'],
    messages_refused: ['count==0'],
    messages_unanswered: ['count==0'],
    sockets_closed_early: ['count==0'],
  },
};

function post(path, body, token) {
  const headers = { 'content-type': 'application/json' };
  if (token) {
    headers.authorization = `Bearer ${token}`;
  }
  const answer = http.post(`${URL}${path}`, JSON.stringify(body), { headers });
  check(answer, { [`POST ${path} succeeds`]: (reply) => reply.status >= 200 && reply.status < 300 });
  return answer.json();
}

function socketUrl(token, device) {
  const { url, ticket } = post('/api/auth/ticket', { device_id: device }, token);
  return `${url}?ticket=${ticket}`;
}

export default function () {
  const { access_token: token } = post('/api/auth/guest', {});
  const { session_id: session } = post('/api/chat/sessions', {}, token);
  const phone = new WebSocket(socketUrl(token, 'phone'));
  const laptop = new WebSocket(socketUrl(token, 'laptop'));
  // By message id: when it was sent. By seq: how often the laptop saw it.
  const seen = new Map();
  const stored = [];
  let sent = 0;
  let sentAt = 0;
  let waiting = false;
  let ending = false;
  let ended = false;

  const send = () => {
    sent += 1;
    sentAt = Date.now();
    waiting = true;
    const id = `${__VU}-${sent}`;
    phone.send(JSON.stringify({ type: 'message', id, session_id: session, content: TEXT, metadata: { sent_at: sentAt } }));
  };
  const end = () => {
    ended = true;
    unanswered.add(waiting ? 1 : 0);
    for (const seq of stored) {
      const times = seen.get(seq) || 0;
      lost.add(times === 0 ? 1 : 0);
      doubled.add(times > 1 ? 1 : 0);
    }
    phone.close();
    laptop.close();
  };

  phone.onmessage = (event) => {
    const frame = JSON.parse(event.data);
    if (frame.type === 'ack') {
      ackMs.add(Date.now() - sentAt);
      acked.add(1);
      stored.push(frame.message.seq);
    } else if (frame.type === 'error' || !frame.type) {
      // Without a type it is the gateway itself that answers, for a function that could not.
      refused.add(1);
    } else {
      return;
    }
    waiting = false;
    if (!ending) {
      send();
    }
  };
  laptop.onmessage = (event) => {
    const frame = JSON.parse(event.data);
    if (frame.type === 'message') {
      deliveredMs.add(Date.now() - frame.message.metadata.sent_at);
      seen.set(frame.message.seq, (seen.get(frame.message.seq) || 0) + 1);
    }
  };
  // It sends when both are open: a device that comes later finds what it missed by a sync, and not by a push.
  let open = 0;
  const opened = () => {
    open += 1;
    if (open === 2) {
      send();
      setTimeout(() => { ending = true; }, SECONDS * 1000);
      setTimeout(end, SECONDS * 1000 + GRACE_MS);
    }
  };
  phone.onopen = opened;
  laptop.onopen = opened;
  for (const socket of [phone, laptop]) {
    socket.onerror = (event) => check(event, { 'sockets stay open': () => ending });
    socket.onclose = () => closed.add(ended ? 0 : 1);
  }
}
