import { z } from 'zod'

const Kind = z.object({ group: z.string(), version: z.string(), kind: z.string() })
const Resource = z.object({ group: z.string(), version: z.string(), resource: z.string() })

/** What the API server asks about one object. The objects stay unknown here: admission parses them by kind. */
export const AdmissionRequest = z.object({
  uid: z.string().min(1),
  kind: Kind,
  resource: Resource,
  subResource: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional(),
  operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
  // looseObject keeps what we do not read, such as extra.
  userInfo: z.looseObject({ username: z.string().optional(), groups: z.array(z.string()).optional() }).optional(),
  // Null where there is none: object on DELETE, oldObject on CREATE.
  object: z.unknown(),
  oldObject: z.unknown(),
  dryRun: z.boolean().optional(),
})
export type AdmissionRequest = z.infer<typeof AdmissionRequest>

/** The envelope as it arrives: admission.k8s.io/v1. */
export const AdmissionReview = z.object({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: AdmissionRequest,
})
export type AdmissionReview = z.infer<typeof AdmissionReview>

/** The verdict. `patch` is base64 of a JSON patch and never comes without `patchType`. */
export const AdmissionResponse = z.object({
  uid: z.string(),
  allowed: z.boolean(),
  status: z.object({ code: z.int(), message: z.string(), reason: z.string().optional() }).optional(),
  warnings: z.array(z.string()).optional(),
  patchType: z.literal('JSONPatch').optional(),
  patch: z.string().optional(),
})
export type AdmissionResponse = z.infer<typeof AdmissionResponse>

/** The envelope as it leaves. */
export interface AdmissionAnswer {
  readonly apiVersion: 'admission.k8s.io/v1'
  readonly kind: 'AdmissionReview'
  readonly response: AdmissionResponse
}

export const answer = (response: AdmissionResponse): AdmissionAnswer => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response,
})
