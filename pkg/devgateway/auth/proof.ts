import type { Body } from '../operation.ts'
import type { SeedIdentity } from '../seed.ts'

/** Whether the proof in a login body is this identity's; throws 400 where the proof is absent. */
export type Proof = (identity: SeedIdentity, body: Body) => boolean | Promise<boolean>
