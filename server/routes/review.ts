import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { parseReview } from '#admission'
import { sentence } from '#core'
import type { Log, Metrics } from '#observe'

/** One verdict on the body of an AdmissionReview, whatever the body holds; a promise where something has to be waited for. */
export type Admit = (review: unknown) => unknown

export interface ReviewDeps {
  readonly metrics: Pick<Metrics, 'count' | 'observe'>
  readonly log: Log
  /** Monotonic milliseconds. */
  readonly clock: () => number
}

interface Webhook extends ReviewDeps {
  readonly name: 'validate' | 'mutate'
  readonly admit: Admit
  /** Whether an object passes that a defect of ours kept from being judged. */
  readonly onDefect: 'allow' | 'deny'
}

// Only what is needed to answer at all; the rest is for admission to judge, so that its words reach the user.
const Envelope = z.object({
  apiVersion: z.string().startsWith('admission.k8s.io/'),
  kind: z.literal('AdmissionReview'),
  request: z.looseObject({ uid: z.string().min(1).max(256), kind: z.object({ kind: z.string() }).optional() }),
})
type Envelope = z.infer<typeof Envelope>

// Anything else is one label value: anybody who reaches the port could make up kinds.
const kinds = new Set(['SecretStore', 'ClusterSecretStore', 'ExternalSecret'])
const kindOf = ({ request }: Envelope): string =>
  (kinds.has(request.kind?.kind ?? '') ? request.kind?.kind : undefined) ?? 'other'

const reply = (envelope: Envelope, allowed: boolean, code: number, message: string) => ({
  // the version that was asked in, or the API server would not understand the refusal either
  apiVersion: envelope.apiVersion,
  kind: 'AdmissionReview',
  response: { uid: envelope.request.uid, allowed, ...(allowed ? {} : { status: { code, message } }) },
})

const defect = 500
const Verdict = z.looseObject({
  response: z.looseObject({ allowed: z.boolean(), status: z.looseObject({ code: z.number() }).optional() }),
})
type Result = 'allowed' | 'denied' | 'failed' | 'unreadable'
const resultOf = (answer: unknown): Result => {
  const { response } = Verdict.parse(answer)
  if (response.allowed) return 'allowed'
  return response.status?.code === defect ? 'failed' : 'denied'
}

interface Judged {
  readonly answer: unknown
  readonly result: Result
}

/** A defect of ours: logged, and answered without its words. */
const failed = (webhook: Webhook, envelope: Envelope, thrown: unknown): Judged => {
  const fields = { kind: kindOf(envelope), operation: webhook.name, fault: thrown }
  webhook.log.error('an admission review could not be judged', fields)
  const message = 'a defect in Latchkey kept this object from being judged → report it with the log line'
  return { answer: reply(envelope, webhook.onDefect === 'allow', defect, message), result: 'failed' }
}

const judged = (answer: unknown): Judged => ({ answer, result: resultOf(answer) })

/** At once where admission answers at once: a promise costs a turn of the event loop. */
const judge = (webhook: Webhook, review: unknown, envelope: Envelope): Judged | Promise<Judged> => {
  if (envelope.apiVersion !== 'admission.k8s.io/v1') {
    const message = 'the webhook configuration asks in another version → set admissionReviewVersions to [v1]'
    return { answer: reply(envelope, false, 400, message), result: 'denied' }
  }
  try {
    const answer = webhook.admit(review)
    if (!(answer instanceof Promise)) return judged(answer)
    return answer.then(judged).catch(thrown => failed(webhook, envelope, thrown))
  } catch (thrown) {
    return failed(webhook, envelope, thrown)
  }
}

const remedy = 'send an AdmissionReview as application/json'

/** The body as a review that can be answered, or the sentence that says why not. */
const readReview = (body: unknown): { review: unknown; envelope: Envelope } | { refused: string } => {
  const read = parseReview(typeof body === 'string' ? body : '')
  if ('fault' in read) return { refused: sentence({ message: read.fault.message, remedy }) }
  const envelope = Envelope.safeParse(read.review)
  if (envelope.success) return { review: read.review, envelope: envelope.data }
  return { refused: sentence({ message: 'the body is not an AdmissionReview with request.uid', remedy }) }
}

const handler =
  (webhook: Webhook) =>
  (request: FastifyRequest, to: FastifyReply): FastifyReply | Promise<FastifyReply> => {
    const { metrics, clock, name } = webhook
    const started = clock()
    const read = readReview(request.body)
    const count = (kind: string, result: Result) =>
      metrics.count('latchkey_admission_reviews_total', { webhook: name, kind, result })
    if ('refused' in read) {
      count('other', 'unreadable')
      return to.code(400).type('text/plain; charset=utf-8').send(`${read.refused}\n`)
    }
    const send = ({ answer, result }: Judged): FastifyReply => {
      count(kindOf(read.envelope), result)
      metrics.observe('latchkey_admission_seconds', { webhook: name }, (clock() - started) / 1000)
      return to.type('application/json').send(JSON.stringify(answer))
    }
    const begun = judge(webhook, read.review, read.envelope)
    return begun instanceof Promise ? begun.then(send) : send(begun)
  }

/** POST /NAME: HTTP 200 with an AdmissionReview as soon as there is a uid to answer to, 400 with a sentence before that. */
export const reviewRoute = (app: FastifyInstance, webhook: Webhook): void => {
  app.post(`/${webhook.name}`, handler(webhook))
}
