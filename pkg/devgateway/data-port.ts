import http from 'node:http'
import https from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Spoiling, spoiling } from './faults.ts'
import type { Hold } from './holds.ts'
import { namesIn } from './journal.ts'
import type { Stage } from './stage.ts'
import { type Answer, json, opIn, pageNotFound, readBody } from './wire.ts'

/** PEM certificate (chain) and key of the server. */
export interface Tls {
  readonly cert: string
  readonly key: string
}

const send = (reply: FastifyReply, answer: Answer): FastifyReply =>
  reply.code(answer.status).headers(answer.headers).send(answer.text)

const reset = (reply: FastifyReply): void => {
  reply.hijack()
  const { socket } = reply.request
  // a TLS socket cannot send RST by itself
  if (socket instanceof TLSSocket) socket.destroy()
  else socket.resetAndDestroy()
}

const truncate = (reply: FastifyReply, spoiled: Extract<Spoiling, { do: 'truncate' }>): void => {
  reply.hijack()
  const whole = Buffer.from(spoiled.text)
  reply.raw.writeHead(spoiled.status, { 'content-type': 'application/json', 'content-length': whole.byteLength })
  reply.raw.write(whole.subarray(0, Math.floor(whole.byteLength / 2)), () => reply.request.socket.destroy())
}

const bodyOf = (request: FastifyRequest): Buffer | undefined =>
  Buffer.isBuffer(request.body) ? request.body : undefined

const pause = async (ms: number | undefined, closing: AbortSignal): Promise<void> => {
  if (ms) await sleep(ms, undefined, { signal: closing }).catch(() => undefined)
}

/** Tells that the call is here, and lets it hang; false where it was cut meanwhile. */
const hang = async (hold: Hold | undefined, when: Hold['when'], reply: FastifyReply, closing: AbortSignal) => {
  if (hold?.when !== when) return true
  hold.arrive()
  const closed = new Promise<false>(done => closing.addEventListener('abort', () => done(false), { once: true }))
  const goesOn = await Promise.race([hold.goesOn, closed])
  if (!goesOn) reset(reply)
  return goesOn
}

const handle = async (stage: Stage, request: FastifyRequest, reply: FastifyReply, closing: AbortSignal) => {
  const at = stage.now()
  const op = request.method === 'POST' ? opIn(request.url) : 'unknown'
  const body = readBody(bodyOf(request))
  const names = namesIn(body ?? {})
  const order = stage.faults.take(op, names)
  const hold = stage.holds.take(op, names)
  await pause(order?.delayMs, closing)
  if (!(await hang(hold, 'before', reply, closing))) return undefined
  const spoiled: Spoiling = order ? spoiling(order) : { do: 'nothing' }
  switch (spoiled.do) {
    case 'reset':
      stage.record(op, body, at, 0)
      return reset(reply)
    case 'truncate':
      stage.record(op, body, at, spoiled.status)
      return truncate(reply, spoiled)
    case 'answer':
      stage.record(op, body, at, spoiled.status)
      return send(reply, spoiled)
    case 'lose':
      await stage.answer(op, body)
      stage.record(op, body, at, 0)
      return reset(reply)
    default: {
      const answer = await stage.answer(op, body)
      stage.record(op, body, at, answer.status)
      if (!(await hang(hold, 'after', reply, closing))) return undefined
      return send(reply, order ? { ...answer, headers: { ...answer.headers, ...order.headers } } : answer)
    }
  }
}

/** The port that clients talk to, not yet listening. Waiting calls end when `closing` aborts. */
export const dataPort = (stage: Stage, tls: Tls | undefined, closing: AbortSignal): FastifyInstance => {
  const app = fastify({
    forceCloseConnections: true,
    bodyLimit: 1024 * 1024,
    serverFactory: handler => (tls ? https.createServer({ ...tls }, handler) : http.createServer(handler)),
  })
  app.server.on('connection', () => {
    stage.connections += 1
  })
  // the body is JSON whatever its content type says; a V1 form post must reach the root as well
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) =>
    send(reply, json(error.statusCode ?? 500, { error: 'the request cannot be read' })),
  )
  app.setNotFoundHandler((_request, reply) => send(reply, pageNotFound))
  app.all('*', (request, reply) => handle(stage, request, reply, closing))
  return app
}
