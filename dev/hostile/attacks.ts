import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { Agent, request } from 'undici'

/** How often each outcome came, by its name. */
export type Counts = Record<string, number>

/** Goes on against a port of this machine until the signal; counts what came of it. */
export type Attack = (port: number, over: AbortSignal, count: (outcome: string) => void) => Promise<void>

/** Loopback has many addresses: to the server they are as many peers. */
const peers = Array.from({ length: 8 }, (_, index) => `127.0.0.${index + 2}`)
const peerOf = (index: number): string => peers[index % peers.length] ?? '127.0.0.2'

type Dial = (port: number, localAddress: string) => Socket
const overTcp: Dial = (port, localAddress) => connectTcp({ host: '127.0.0.1', port, localAddress })
const overTls: Dial = (port, localAddress) => {
  const where = { host: '127.0.0.1', port, localAddress }
  return connectTls({ ...where, servername: 'localhost', rejectUnauthorized: false })
}

// who comes is let in at 200 a second, and who was cut comes again: more than that is a flood of handshakes, which no server bears
const betweenMs = 5
const againMs = 10_000

/** Ends sooner where it is all over. */
const pause = (ms: number, over: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, { signal: over }).catch(() => {})

/** Keeps so many connections, and opens another for each that the server ends, after a moment. */
const hold =
  (most: number, dial: Dial, use: (socket: Socket, over: AbortSignal) => void): Attack =>
  async (port, over, count) => {
    const sockets = new Set<Socket>()
    const open = (index: number): Promise<void> =>
      new Promise(ended => {
        const socket = dial(port, peerOf(index))
        sockets.add(socket)
        socket.on('error', () => {})
        socket.once(dial === overTls ? 'secureConnect' : 'connect', () => {
          count('opened')
          use(socket, over)
        })
        socket
          .on('data', () => count('answered'))
          .once('close', () => {
            sockets.delete(socket)
            if (!over.aborted) count('cut')
            ended()
          })
      })
    const keep = async (index: number): Promise<void> => {
      await pause(index * betweenMs, over)
      while (!over.aborted) {
        await open(index)
        await pause(againMs, over)
      }
    }
    over.addEventListener('abort', () => {
      for (const socket of sockets) socket.destroy()
    })
    await Promise.all(Array.from({ length: most }, (_, index) => keep(index)))
  }

const drip = (first: string) => (socket: Socket, over: AbortSignal) => {
  socket.write(first)
  const timer = setInterval(() => socket.write('x'), 250)
  const stop = () => clearInterval(timer)
  socket.once('close', stop)
  over.addEventListener('abort', stop)
}
const head = (more: string) => `POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}\r\n`

interface Shot {
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends one after the other, so many a second; counts the statuses. */
const shoot =
  (perSecond: number, shots: readonly Shot[]): Attack =>
  async (port, over, count) => {
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false, localAddress: '127.0.0.20' } })
    for (let turn = 0; !over.aborted; turn += 1) {
      const { body = '', headers = {} } = shots[turn % shots.length] ?? {}
      const sent = {
        method: 'POST',
        dispatcher,
        body,
        headers: { 'content-type': 'application/json', ...headers },
      } as const
      await request(`https://127.0.0.1:${port}/validate`, sent)
        .then(async reply => {
          await reply.body.dump()
          count(String(reply.statusCode))
        })
        .catch(() => count('no answer'))
      await pause(1_000 / perSecond, over)
    }
    await dispatcher.destroy()
  }

const reviewOf = (object: string): string =>
  `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","kind":{"group":"external-secrets.io","version":"v1","kind":"ExternalSecret"},"resource":{"group":"external-secrets.io","version":"v1","resource":"externalsecrets"},"operation":"CREATE","namespace":"n","object":${object},"oldObject":null}}`
const fine = reviewOf('{"kind":"ExternalSecret"}')

const types = ['application/json\ta', 'application/json ; a=b', 'text/plain', 'application/yaml', 'application/jsonx']

/** security.md T17, T18, T20, all at the same time. */
export const attacks: Readonly<Record<string, Attack>> = {
  // who got a review answered may keep the connection for two minutes; who says nothing is cut after three seconds
  'idle connections': hold(2_000, overTls, socket =>
    socket.write(`${head(`Content-Length: ${fine.length}\r\n`)}${fine}`),
  ),
  'silent connections': hold(100, overTls, () => {}),
  'half-open handshakes': hold(200, overTcp, () => {}),
  'slow heads': hold(100, overTls, drip('POST /validate HTTP/1.1\r\nX: ')),
  'slow bodies': hold(200, overTls, drip(head('Content-Length: 100000\r\n'))),
  'announced bodies': hold(20, overTls, socket => socket.write(head('Content-Length: 7340000\r\n'))),
  brackets: shoot(5, [
    { body: '['.repeat(1e6) },
    { body: `${'['.repeat(5e5)}${']'.repeat(5e5)}` },
    { body: reviewOf('{"a":'.repeat(1e5)) },
  ]),
  prototypes: shoot(10, [
    { body: reviewOf('{"kind":"ExternalSecret","__proto__":{"polluted":true}}') },
    { body: reviewOf('{"kind":"ExternalSecret","spec":{"target":{"template":{"data":{"__proto__":"x"}}}}}') },
    { body: reviewOf('{"kind":"ExternalSecret","constructor":{"prototype":{"polluted":true}}}') },
  ]),
  'content types': shoot(
    10,
    [...types.map(type => ({ 'content-type': type })), { 'content-encoding': 'gzip' }].map(headers => ({
      body: fine,
      headers,
    })),
  ),
}
