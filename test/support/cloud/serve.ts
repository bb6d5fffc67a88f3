// The counterparts of pkg/cloud: servers on loopback that hold a request to what the real service holds it to.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'

export interface Scope {
  teardown(end: () => unknown): unknown
}

export interface Seen {
  readonly method: string
  /** Path and query, under the host that was asked for. */
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | object
}

/** Whether a service answers for this host: for the usual one, or, where a variable leads `here`, for its own. */
export const isMeant = (host: string, usual: string, here: boolean): boolean =>
  here ? /^127\.0\.0\.1:\d+$/.test(host) : host === usual

export interface Served {
  readonly url: string
  readonly seen: Seen[]
}

/** Answers every request with what `answer` says; 'silence' keeps the connection open and says nothing. */
export const serve = async (t: Scope, answer: (seen: Seen) => Reply | 'silence'): Promise<Served> => {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      const { method = '', headers } = request
      const one = { method, url: new URL(request.url ?? '/', `http://${headers.host}`), headers, body }
      seen.push(one)
      const reply = answer(one)
      if (reply === 'silence') return
      const text = typeof reply.body === 'object' ? JSON.stringify(reply.body) : (reply.body ?? '')
      response.writeHead(reply.status ?? 200, reply.headers ?? {}).end(text)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(resolve))
  })
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, seen }
}

/** A port that nobody listens on, nor can until the test ends: it is the near end of a connection. */
export const nowhere = async (t: Scope): Promise<string> => {
  const { url } = await serve(t, () => ({}))
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  return `http://127.0.0.1:${socket.localPort}`
}
