import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Open {
  readonly socket: Socket
  readonly peer: string
}

// the one name that a plain socket and the TLS one on top of it have in common
const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress}|${remotePort}`

/** Which peer has most connections, and how many. */
const largest = (perPeer: ReadonlyMap<string, number>): string | undefined => {
  let most: [peer: string, count: number] | undefined
  for (const entry of perPeer) if (!most || entry[1] > most[1]) most = entry
  return most?.[0]
}

/**
 * Bounds open connections in all and per peer, so that flooding pods cannot keep API servers out (security.md T18). When all places
 * are taken, the peer that holds most of them loses the one that it has left idle for longest.
 */
export const boundConnections = (server: HttpServer, most: { all: number; perPeer: number }) => {
  const open = new Map<string, Open>()
  /** Those without a request, longest idle first. */
  const idle = new Map<string, Open>()
  const perPeer = new Map<string, number>()

  const close = (name: string, entry: Open): void => {
    if (open.get(name) !== entry) return
    open.delete(name)
    idle.delete(name)
    const left = (perPeer.get(entry.peer) ?? 1) - 1
    if (left === 0) perPeer.delete(entry.peer)
    else perPeer.set(entry.peer, left)
  }
  const makeRoom = (): boolean => {
    if (open.size < most.all) return true
    const peer = largest(perPeer)
    for (const [name, entry] of idle) {
      if (entry.peer !== peer) continue
      close(name, entry)
      entry.socket.destroy()
      return true
    }
    return false
  }

  server.on('connection', (socket: Socket) => {
    const peer = socket.remoteAddress ?? ''
    if ((perPeer.get(peer) ?? 0) >= most.perPeer || !makeRoom()) {
      socket.destroy()
      return
    }
    const name = nameOf(socket)
    const entry = { socket, peer }
    open.set(name, entry)
    idle.set(name, entry)
    perPeer.set(peer, (perPeer.get(peer) ?? 0) + 1)
    socket.once('close', () => close(name, entry))
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const name = nameOf(socket)
    idle.delete(name)
    response.once('close', () => {
      const entry = open.get(name)
      if (entry) idle.set(name, entry)
    })
  })
  return {
    count: () => open.size,
    /** Ends every connection now, also those that are still shaking hands. */
    destroy: () => {
      for (const { socket } of open.values()) socket.destroy()
    },
  }
}
