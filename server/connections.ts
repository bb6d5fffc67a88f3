import type { Server, Socket } from 'node:net'

/** Bounds open connections in all and per peer, so that one flooding pod cannot keep API servers out (security.md T18). */
export const boundConnections = (server: Server, most: { all: number; perPeer: number }) => {
  const open = new Set<Socket>()
  const perPeer = new Map<string, number>()
  // Node closes what is above this before it costs anything.
  server.maxConnections = most.all

  server.on('connection', socket => {
    const peer = socket.remoteAddress ?? ''
    const count = (perPeer.get(peer) ?? 0) + 1
    if (count > most.perPeer) {
      socket.destroy()
      return
    }
    open.add(socket)
    perPeer.set(peer, count)
    socket.once('close', () => {
      open.delete(socket)
      const left = (perPeer.get(peer) ?? 1) - 1
      if (left === 0) perPeer.delete(peer)
      else perPeer.set(peer, left)
    })
  })
  return {
    count: () => open.size,
    /** Ends every connection now, also those that are still shaking hands. */
    destroy: () => {
      for (const socket of open) socket.destroy()
    },
  }
}
