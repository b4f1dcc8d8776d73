// Node's ws against a stack of local/transcripts. Usage: node ws.cjs HOST:PORT, with ws in NODE_PATH.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { WebSocket } = require('ws')
const { version } = require('ws/package.json')

const url = `ws://${process.argv[2]}/transcript`

async function open(query, protocols) {
    const socket = new WebSocket(url + query, protocols)
    await once(socket, 'open')
    return socket
}

async function ask(socket, message) {
    socket.send(JSON.stringify(message))
    const [data] = await once(socket, 'message')
    return data.toString()
}

async function main() {
    const socket = await open('?token=allow')
    assert.equal((await ask(socket, { action: 'whoami' })).length, 16)
    assert.equal(JSON.parse(await ask(socket, { action: 'nowhere' })).message, 'Forbidden')
    const ponged = once(socket, 'pong')
    socket.ping()
    await ponged
    socket.close(4000, 'done')
    const [code] = await once(socket, 'close')
    assert.equal(code, 4000)

    const chosen = await open('?token=allow&answer=protocol', ['chat.v1', 'chat.v2'])
    assert.equal(chosen.protocol, 'chat.v2')
    chosen.send(Buffer.from([1, 2, 3]))
    assert.equal((await once(chosen, 'close'))[0], 1003)

    const silent = new WebSocket(`${url}?token=allow`, ['chat.v1'])
    assert.equal((await once(silent, 'error'))[0].message, 'Server sent no subprotocol')
    const refused = new WebSocket(`${url}?token=allow&answer=status-400`)
    assert.equal((await once(refused, 'error'))[0].message, 'Unexpected server response: 400')
    console.log(`ws ${version}: ok`)
}

main()
