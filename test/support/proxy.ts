// A TCP proxy that does to connections what networks do. It sees ciphertext only: TLS passes through.
import { createServer, connect as dial, type Server, type Socket } from 'node:net'

export interface Proxy {
  readonly port: number
  /** Connections open now, and the most there ever were at once. */
  open(): { now: number; most: number; total: number }
  /** Ends every connection with a reset. */
  cut(): void
  /** Keeps every connection open and forwards nothing more on it; later connections are not touched. */
  stall(): void
  /** Ends the server's side towards the client as an orderly close, in the middle of whatever is being said. */
  halfClose(): void
  /** Answers new connections with a reset, until called with false. */
  refuse(refused: boolean): void
  close(): Promise<void>
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

const listen = (server: Server): Promise<number> =>
  new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })

/** Forwards a free port on loopback to `host:port`. */
export const createProxy = async (target: { host: string; port: number }): Promise<Proxy> => {
  const pairs = new Set<Pair>()
  let refused = false
  let most = 0
  let total = 0

  const accept = (client: Socket): void => {
    client.on('error', () => {})
    if (refused) {
      client.resetAndDestroy()
      return
    }
    const server = dial({ ...target, allowHalfOpen: true })
    const pair = { client, server }
    const end = (): void => {
      pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    server.on('error', end).on('close', end)
    client.on('close', end)
    pairs.add(pair)
    total += 1
    most = Math.max(most, pairs.size)
    client.pipe(server).pipe(client)
  }
  const listener = createServer({ allowHalfOpen: true }, accept)
  const port = await listen(listener)
  const each = (act: (pair: Pair) => void) => (): void => [...pairs].forEach(act)
  return {
    port,
    open: () => ({ now: pairs.size, most, total }),
    cut: each(({ client }) => client.resetAndDestroy()),
    stall: each(({ client, server }) => {
      client.unpipe(server).pause()
      server.unpipe(client).pause()
    }),
    halfClose: each(({ client, server }) => {
      server.unpipe(client)
      client.end()
    }),
    refuse: next => {
      refused = next
    },
    close: () => {
      each(({ client, server }) => {
        client.destroy()
        server.destroy()
      })()
      return new Promise(resolve => listener.close(() => resolve()))
    },
  }
}
