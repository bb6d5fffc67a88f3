import { connect as connectTcp, type Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import t from 'tap'
import { listen, newCa, newLeaf, recorder, review, stop } from './serving.ts'

const mebibyte = 1024 * 1024
const bodyOf = (size: number): string => {
  const frame = JSON.stringify(review({ fill: '' }))
  return frame.replace('"fill":""', `"fill":"${'x'.repeat(size - frame.length)}"`)
}

const open = (port: number, ca: string, more: object = {}) =>
  new Promise<TLSSocket>((done, failed) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost', ...more }, () => done(socket))
    socket.on('error', failed)
  })

/** What the server says on a socket until it closes it, and how long that takes from now. */
const untilClosed = (socket: Socket): Promise<{ text: string; ms: number }> => {
  const started = performance.now()
  let text = ''
  socket.setEncoding('utf8').on('data', piece => {
    text += piece
  })
  socket.on('error', () => {})
  return new Promise(done => socket.on('close', () => done({ text, ms: performance.now() - started })))
}

const head = (more: string) => `POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}\r\n`

t.test('a body of 6.9 MiB passes', async t => {
  const { admit, seen } = recorder()
  const { post } = await listen(t, { admit })
  const body = bodyOf(Math.floor(6.9 * mebibyte))
  t.equal((await post('/validate', body)).status, 200)
  t.equal(JSON.stringify(seen[0]).length, body.length)
})

t.test('a body of 7.1 MiB gets 413, whether announced or chunked', async t => {
  const { port, ca } = await listen(t)
  const announced = await open(port, ca.cert)
  announced.write(head(`Content-Length: ${Math.floor(7.1 * mebibyte)}\r\n`))
  t.match((await untilClosed(announced)).text, /^HTTP\/1\.1 413 [\s\S]*the body is larger than 7340032 bytes/)

  const chunked = await open(port, ca.cert)
  const closed = untilClosed(chunked)
  chunked.write(head('Transfer-Encoding: chunked\r\n'))
  const chunk = (size: number) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`
  await new Promise<void>(done => chunked.write(chunk(7 * mebibyte), () => done()))
  chunked.write(chunk(16))
  t.match((await closed).text, /^HTTP\/1\.1 413 /)
})

t.test('senders that drip are cut: the head after 3 s, the body after 4 s', async t => {
  const { port, ca } = await listen(t)
  const drip = async (first: string) => {
    const socket = await open(port, ca.cert)
    const closed = untilClosed(socket)
    socket.write(first)
    const timer = setInterval(() => socket.write('x'), 250)
    return closed.finally(() => clearInterval(timer))
  }
  const [slowHead, slowBody] = await Promise.all([
    drip('POST /validate HTTP/1.1\r\nX: '),
    drip(head('Content-Length: 1000\r\n')),
  ])
  t.ok(slowHead.ms > 2500 && slowHead.ms < 4500, `head: ${Math.round(slowHead.ms)} ms`)
  t.ok(slowBody.ms > 3500 && slowBody.ms < 5500, `body: ${Math.round(slowBody.ms)} ms`)
})

t.test('a handshake that stops half-way is cut', async t => {
  const { port } = await listen(t, { limits: { handshakeMs: 200 } })
  const socket = connectTcp(port, '127.0.0.1')
  t.ok((await untilClosed(socket)).ms < 3000)
})

t.test('one peer gets so many connections and no more, and may come back when it lets go', async t => {
  const { port, ca, post } = await listen(t, { limits: { connectionsPerPeer: 2 } })
  const held = await Promise.all([open(port, ca.cert), open(port, ca.cert)])
  await t.rejects(open(port, ca.cert))
  const gone = held.map(untilClosed)
  for (const socket of held) socket.end()
  await Promise.all(gone)
  t.equal((await post('/validate', JSON.stringify(review()))).status, 200)
})

const openFrom = (localAddress: string, port: number, ca: string) => open(port, ca, { localAddress })

t.test('when all places are taken, the peer with most of them loses the one that is idle for longest', async t => {
  const { port, ca, post } = await listen(t, { limits: { connections: 4 } })
  const payload = JSON.stringify(review())
  const one = await openFrom('127.0.0.3', port, ca.cert)
  const hogs: TLSSocket[] = []
  for (let count = 0; count < 3; count += 1) hogs.push(await openFrom('127.0.0.2', port, ca.cert))
  const [first, second] = hogs.map(untilClosed)
  // the first is not the one that idles for longest any more
  hogs[0]?.write(`${head(`Content-Length: ${payload.length}\r\n`)}${payload}`)
  await new Promise(done => hogs[0]?.once('data', done))
  t.equal((await post('/validate', payload)).status, 200)
  await second
  t.same(
    hogs.map(({ destroyed }) => destroyed),
    [false, true, false],
  )
  t.notOk(one.destroyed)
  t.equal((await post('/validate', payload)).status, 200, 'the client still has its connection')
  for (const socket of [one, ...hogs]) socket.destroy()
  await first
})

t.test('whoever asks for anything but a review loses the connection with the answer', async t => {
  const { port, ca, post } = await listen(t)
  const lines = ['GET /validate HTTP/1.1', 'GET /x HTTP/1.1', 'POST /x HTTP/1.1']
  for (const line of lines) {
    const socket = await open(port, ca.cert)
    const closed = untilClosed(socket)
    socket.write(`${line}\r\nHost: x\r\n\r\n`)
    t.match((await closed).text, /^HTTP\/1\.1 4\d\d [\s\S]*connection: close/i, line)
  }
  t.equal((await post('/validate', '{}')).headers['connection'], 'close')
  t.not((await post('/validate', JSON.stringify(review()))).headers['connection'], 'close')
})

t.test('of bodies that are too much together the one that takes longest is given up, with 429', async t => {
  const { port, ca, post } = await listen(t, { limits: { bodies: 300_000 } })
  const held = await Promise.all([1, 2].map(() => open(port, ca.cert)))
  const closed = held.map(untilClosed)
  for (const socket of held) {
    await new Promise<void>(done =>
      socket.write(`${head('Content-Length: 120001\r\n')}${'x'.repeat(120_000)}`, () => done()),
    )
  }
  t.equal((await post('/validate', bodyOf(100_000))).status, 200)
  t.match((await closed[0])?.text, /^HTTP\/1\.1 429 [\s\S]*too much is being sent at once → send it again later/)
  t.notOk(held[1]?.destroyed)
  for (let turn = 0; turn < 10; turn += 1) t.equal((await post('/validate', bodyOf(100_000))).status, 200)
  t.notOk(held[1]?.destroyed, 'what has been answered does not count')
  held[1]?.destroy()
})

t.test('a client that goes away in the middle of a body harms nobody', async t => {
  const { port, ca, post } = await listen(t, { limits: { bodies: 200_000 } })
  for (let turn = 0; turn < 5; turn += 1) {
    const socket = await open(port, ca.cert)
    await new Promise<void>(done =>
      socket.write(`${head('Content-Length: 120001\r\n')}${'x'.repeat(120_000)}`, () => done()),
    )
    const gone = untilClosed(socket)
    socket.destroy()
    await gone
    t.equal((await post('/validate', bodyOf(70_000))).status, 200)
  }
})

t.test('TLS below 1.2 is refused, HTTP/2 is not offered', async t => {
  const { port, ca } = await listen(t)
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }
  await t.rejects(open(port, ca.cert, old), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' })
  const socket = await open(port, ca.cert, { ALPNProtocols: ['h2', 'http/1.1'] })
  t.equal(socket.alpnProtocol, 'http/1.1')
  t.equal(socket.getProtocol(), 'TLSv1.3')
  socket.destroy()
})

t.test('the certificate changes under load and no request fails', async t => {
  const { tls, post, port, ca } = await listen(t)
  const leaves = await Promise.all([1, 2, 3].map(() => newLeaf(ca)))
  const payload = JSON.stringify(review())
  const statuses: number[] = []
  let over = false
  const worker = async (headers: Record<string, string>) => {
    while (!over)
      statuses.push((await post('/validate', payload, { 'content-type': 'application/json', ...headers })).status)
  }
  // one kind keeps its connection, the other makes a handshake each time
  const workers = [worker({}), worker({}), worker({ connection: 'close' }), worker({ connection: 'close' })]
  for (const leaf of leaves) {
    const before = statuses.length
    tls.serve(leaf)
    while (statuses.length < before + 30) await new Promise(setImmediate)
  }
  over = true
  await Promise.all(workers)
  t.ok(statuses.length >= 90)
  t.same([...new Set(statuses)], [200])
  const socket = await open(port, ca.cert)
  t.ok(
    leaves.at(-1)?.cert.includes(socket.getPeerCertificate().raw.toString('base64').slice(0, 60)),
    'the last one is served',
  )
  socket.destroy()
})

t.test('a certificate of a CA that the client does not trust fails, so the test above can', async t => {
  const { tls, post } = await listen(t)
  tls.serve(await newLeaf(await newCa()))
  await t.rejects(post('/validate', JSON.stringify(review())))
})

t.test('while it closes it goes on serving and tells clients to leave', async t => {
  const { app, post, port, ca } = await listen(t)
  const payload = JSON.stringify(review())
  t.not((await post('/validate', payload)).headers['connection'], 'close')
  const closed = app.close({ graceMs: 300 })
  const last = await post('/validate', payload)
  t.equal(last.status, 200)
  t.equal(last.headers['connection'], 'close')
  await closed
  await t.rejects(open(port, ca.cert), { code: 'ECONNREFUSED' })
  await stop(app)
})
