import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { parseReview } from '#admission'
import { kinds } from '#api'
import { sentence } from '#core'
import type { Log, Metrics } from '#observe'

/** One verdict on the body of an AdmissionReview, whatever the body holds; a promise where something has to be waited for. */
export type Admit = (review: unknown) => unknown

/**
 * The same for a request at a path that ends in a token, good or not. A promise where it takes more than a look at the object; it
 * settles well within the timeout of the webhook.
 */
export type Examine = (review: unknown, token: string) => unknown

export interface ReviewDeps {
  readonly metrics: Pick<Metrics, 'count' | 'observe'>
  readonly log: Log
  /** Monotonic milliseconds. */
  readonly clock: () => number
}

interface Webhook extends ReviewDeps {
  readonly name: 'validate' | 'mutate'
  readonly admit: Admit
  readonly examine?: Examine | undefined
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
const known = new Set(kinds.map(({ kind }) => kind))
const kindOf = ({ request }: Envelope): string =>
  (known.has(request.kind?.kind ?? '') ? request.kind?.kind : undefined) ?? 'other'

const reply = (envelope: Envelope, allowed: boolean, code: number, message: string) => ({
  // the version that was asked in, or the API server would not understand the refusal either
  apiVersion: envelope.apiVersion,
  kind: 'AdmissionReview',
  response: { uid: envelope.request.uid, allowed, ...(allowed ? {} : { status: { code, message } }) },
})

interface Read {
  readonly review: unknown
  readonly envelope: Envelope
}

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

/** A promise only where the verdict is one: what is pure is answered in the same turn. */
const judge = (
  webhook: Webhook,
  { review, envelope }: Read,
  verdict: (review: unknown) => unknown,
): Judged | Promise<Judged> => {
  if (envelope.apiVersion !== 'admission.k8s.io/v1') {
    const message = 'the webhook configuration asks in another version → set admissionReviewVersions to [v1]'
    return { answer: reply(envelope, false, 400, message), result: 'denied' }
  }
  try {
    const answer = verdict(review)
    if (!(answer instanceof Promise)) return judged(answer)
    return answer.then(judged).catch((thrown: unknown) => failed(webhook, envelope, thrown))
  } catch (thrown) {
    return failed(webhook, envelope, thrown)
  }
}

const remedy = 'send an AdmissionReview as application/json'

/** The body as a review that can be answered, or the sentence that says why not. */
const readReview = (body: unknown): Read | { refused: string } => {
  const read = parseReview(typeof body === 'string' ? body : '')
  if ('fault' in read) return { refused: sentence({ message: read.fault.message, remedy }) }
  const envelope = Envelope.safeParse(read.review)
  if (envelope.success) return { review: read.review, envelope: envelope.data }
  return { refused: sentence({ message: 'the body is not an AdmissionReview with request.uid', remedy }) }
}

/** `verdictOn` says which verdict a request gets. */
const handler =
  (webhook: Webhook, verdictOn: (request: FastifyRequest) => Admit) =>
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
    const end = ({ answer, result }: Judged): FastifyReply => {
      count(kindOf(read.envelope), result)
      metrics.observe('latchkey_admission_seconds', { webhook: name }, (clock() - started) / 1000)
      return to.type('application/json').send(JSON.stringify(answer))
    }
    const verdict = judge(webhook, read, verdictOn(request))
    return verdict instanceof Promise ? verdict.then(end) : end(verdict)
  }

const Params = z.object({ token: z.string() })

/**
 * POST /NAME, and POST /NAME/TOKEN where there is something to examine: HTTP 200 with an AdmissionReview as soon as there is a uid to
 * answer to, 400 with a sentence before that. Nothing that is written or counted holds the token.
 */
export const reviewRoute = (app: FastifyInstance, webhook: Webhook): void => {
  const { name, admit, examine } = webhook
  app.post(
    `/${name}`,
    handler(webhook, () => admit),
  )
  if (!examine) return
  app.post(
    `/${name}/:token`,
    handler(
      webhook,
      ({ params }) =>
        review =>
          examine(review, Params.parse(params).token),
    ),
  )
}
