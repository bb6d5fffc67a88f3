// What must hold of the answer to any body at all, told without the code that is tested.
import { isUtf8 } from 'node:buffer'
import { z } from 'zod'

/** What an API server takes as an answer (k8s.io/api/admission/v1), and what it does not cut. */
const Answer = z.strictObject({
  apiVersion: z.string().startsWith('admission.k8s.io/'),
  kind: z.literal('AdmissionReview'),
  response: z
    .strictObject({
      uid: z.string(),
      allowed: z.boolean(),
      status: z
        .strictObject({ code: z.int().min(400).max(599), message: z.string().min(1), reason: z.string().optional() })
        .optional(),
      warnings: z
        .array(z.string().refine(text => [...text].length <= 256, 'is longer than 256 characters'))
        .max(11)
        .optional(),
      patchType: z.literal('JSONPatch').optional(),
      patch: z.base64().optional(),
    })
    .refine(
      ({ allowed, status }) => allowed === (status === undefined),
      'a denial has a status, and nothing else has one',
    )
    .refine(({ patch, patchType }) => (patch === undefined) === (patchType === undefined), 'a patch has a type'),
})

const depthOf = (root: unknown): number => {
  let deepest = 0
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 1 }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next
    if (typeof value !== 'object' || value === null) continue
    deepest = Math.max(deepest, depth)
    for (const each of Object.values(value)) open.push({ value: each, depth: depth + 1 })
  }
  return deepest
}

const Envelope = z.object({
  apiVersion: z.string().startsWith('admission.k8s.io/'),
  kind: z.literal('AdmissionReview'),
  request: z.object({ uid: z.string().min(1).max(256), kind: z.object({ kind: z.string() }).optional() }),
})

/** The uid that has to be answered to; undefined where there is none, `any` where JSON itself leaves it open. */
const uidOf = (body: Buffer): { readonly uid: string } | 'none' | 'any' => {
  if (!isUtf8(body)) return 'any'
  try {
    const review: unknown = JSON.parse(body.toString())
    const envelope = Envelope.safeParse(review)
    if (!envelope.success) return 'none'
    // a member that a later one of the same name hides counts for the depth
    return depthOf(review) > 64 ? 'none' : { uid: envelope.data.request.uid }
  } catch {
    return 'none'
  }
}

export interface Reply {
  readonly status: number
  readonly text: string
}

/** What is wrong with the reply to a body; undefined where nothing is. */
export const wrongWith = (body: Buffer, { status, text }: Reply): string | undefined => {
  const wanted = uidOf(body)
  if (status === 400) {
    if (typeof wanted === 'object') return `HTTP 400, though there is a uid: ${text}`
    return /^the body [^\n]+ → [^\n]+\n$/.test(text) ? undefined : `no sentence: ${text}`
  }
  if (status !== 200) return `HTTP ${status}: ${text.slice(0, 200)}`
  if (wanted === 'none') return 'HTTP 200, though there is nothing to answer to'
  const answer = Answer.safeParse(JSON.parse(text))
  if (!answer.success) return `no answer: ${answer.error.message.slice(0, 500)}`
  const { uid, status: refusal } = answer.data.response
  if (refusal && refusal.code >= 500) return `a defect: ${refusal.message}`
  if (refusal && refusal.message.split('\n').length > 12) return `more than ten lines: ${refusal.message.slice(0, 500)}`
  return wanted === 'any' || uid === wanted.uid ? undefined : `the uid is ${uid}`
}
