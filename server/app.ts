import type { Server as HttpServer } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type onSendHookHandler,
} from 'fastify'
import type { Log, Metrics } from '#observe'
import type { Address } from './address.ts'
import { createBudget } from './budget.ts'
import { boundConnections } from './connections.ts'
import { type Limits, limits } from './limits.ts'
import { mutateRoute } from './routes/mutate.ts'
import type { Admit, Examine } from './routes/review.ts'
import { validateRoute } from './routes/validate.ts'
import type { Tls } from './tls.ts'

export interface AppDeps {
  readonly admit: Admit
  /** For requests that carry a token; where absent there are none. */
  readonly examine?: Examine | undefined
  readonly mutate: Admit
  readonly tls: Tls
  readonly limits?: Partial<Limits>
  readonly metrics: Pick<Metrics, 'count' | 'observe'>
  readonly log: Log
  /** Monotonic milliseconds. */
  readonly clock: () => number
}

export interface App<S extends HttpServer | HttpsServer> {
  readonly fastify: FastifyInstance<S>
  /** The address in use: port 0 has become a real one. */
  listen(address: Address): Promise<Address>
  /** Serves for `graceMs` more, telling clients to leave, then ends; 5 s later by force (security.md F19). */
  close(deps: { graceMs: number }): Promise<void>
}

const lastRequestsMs = 5_000

const plain = 'text/plain; charset=utf-8'

const words = (error: FastifyError, most: Limits): string => {
  if (error.statusCode === 429) return 'too much is being sent at once → send it again later'
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return `the body is larger than ${most.body} bytes → the API server never sends that much`
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return 'the body is not as long as Content-Length says → send all of it'
    default:
      return 'the request cannot be served → POST an AdmissionReview as application/json'
  }
}

/** Exactly the media type that API servers send: parsers that disagree about the rest are a way around a check (T20). */
const isJson = (type: string | undefined): boolean => /^application\/json(?:; ?charset=utf-8)?$/i.test(type ?? '')

const checkHeaders = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
  const { 'content-type': type, 'content-encoding': encoding = 'identity' } = request.headers
  const refused = !isJson(type)
    ? 'Content-Type is not application/json → send JSON, and say so in exactly these words'
    : encoding !== 'identity' && 'Content-Encoding is not identity → send the body as it is'
  // the body stays unread, so the connection cannot be used again
  if (refused && request.method === 'POST')
    reply.code(415).header('connection', 'close').type(plain).send(`${refused}\n`)
  else done()
}

/** Only who got a review answered may keep the connection: idle ones of anybody else are places that API servers need. */
const closeUnlessAnswered: onSendHookHandler = (_request, reply, _payload, done) => {
  if (reply.statusCode !== 200) reply.header('connection', 'close')
  done()
}

const sayErrors = (app: FastifyInstance, most: Limits, log: Log): void => {
  app.setErrorHandler((error: FastifyError, _: FastifyRequest, reply: FastifyReply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) log.error('a request failed', { status, fault: error })
    return reply
      .code(status)
      .type(plain)
      .send(`${words(error, most)}\n`)
  })
  app.setNotFoundHandler((_: FastifyRequest, reply: FastifyReply) =>
    reply
      .code(404)
      .type(plain)
      .send(
        'there is nothing at this path → POST /validate or /mutate; GET /healthz, /readyz or /metrics on their own ports\n',
      ),
  )
}

const timesOf = (most: Limits) => ({
  // Node reads these at construction only; fastify's own options come too late (security.md §0.3)
  headersTimeout: most.headersMs,
  requestTimeout: most.requestMs,
  connectionsCheckingInterval: most.checkMs,
  keepAliveTimeout: most.keepAliveMs,
})

// No route has a schema: without these, fastify loads two code generators for nothing, and security.md §5 wants none near user data.
const noCompiler = () => () => {
  throw new Error('routes here have no schema')
}

const sharedOptions = (most: Limits) => ({
  schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
  bodyLimit: most.body,
  requestTimeout: most.requestMs,
  keepAliveTimeout: most.keepAliveMs,
  // legal manifests hold such keys: admission reads them as what they are
  onProtoPoisoning: 'ignore' as const,
  onConstructorPoisoning: 'ignore' as const,
  // a token that is too long is a wrong one like any other; Node bounds what a path can be
  routerOptions: { maxParamLength: 16 * 1024 },
  // whoever still has a connection while we end gets an answer
  return503OnClosing: false,
  // bodies and paths are other people's words
  logger: false as const,
})

const start = <S extends HttpServer | HttpsServer>(app: FastifyInstance<S>, most: Limits): App<S> => {
  const sockets = boundConnections(app.server, { all: most.connections, perPeer: most.connectionsPerPeer })
  let leaving = false
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (leaving) reply.header('connection', 'close')
    done()
  })
  return {
    fastify: app,
    async listen(address) {
      await app.listen(address)
      const bound = app.server.address()
      return typeof bound === 'object' && bound ? { host: address.host, port: bound.port } : address
    },
    async close({ graceMs }) {
      leaving = true
      await pause(graceMs)
      const force = setTimeout(sockets.destroy, lastRequestsMs)
      await app.close().finally(() => clearTimeout(force))
    },
  }
}

/** The webhook server: POST /validate and POST /mutate over TLS, bounded in every way that a client can choose. */
export const createApp = (deps: AppDeps): App<HttpsServer> => {
  const most = { ...limits, ...deps.limits }
  const app = fastify({
    ...sharedOptions(most),
    https: { ...timesOf(most), handshakeTimeout: most.handshakeMs, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] },
  })
  const budget = createBudget(most.bodies)
  app.addHook('onRequest', checkHeaders)
  // with callbacks, here and above: a promise costs a turn, and the parser must listen before the first byte flows
  app.addHook('preParsing', ({ headers }, _reply, body, done) =>
    // node takes no byte more than was announced
    done(null, Number(headers['content-length']) <= most.smallBody ? body : budget.meter(body)),
  )
  app.addHook('onSend', closeUnlessAnswered)
  app.removeAllContentTypeParsers()
  // checkHeaders has judged the type; one parser for all of them cannot be talked into another way
  app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body))
  sayErrors(app, most, deps.log)
  const reviews = { metrics: deps.metrics, log: deps.log, clock: deps.clock }
  validateRoute(app, { admit: deps.admit, examine: deps.examine }, reviews)
  mutateRoute(app, deps.mutate, reviews)
  deps.tls.attach(app.server)
  return start(app, most)
}

/** A plain HTTP listener for probes or metrics; `routes` puts them on. */
export const createPlainApp = (deps: { routes: (app: FastifyInstance) => void; log: Log }): App<HttpServer> => {
  const app = fastify({ ...sharedOptions(limits), http: timesOf(limits) })
  // a request with a body is none of ours
  app.removeAllContentTypeParsers()
  sayErrors(app, limits, deps.log)
  deps.routes(app)
  return start(app, limits)
}
