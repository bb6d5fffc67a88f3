import type { ExternalSecret } from '#api'

/** What a creationPolicy means for the Secret (compatibility.md §2.5). */
export interface Policy {
  /** Writes the Secret at all. */
  readonly writes: boolean
  /** Makes it where it is absent. */
  readonly creates: boolean
  /** Is its controller: it goes with the ExternalSecret. */
  readonly owns: boolean
  /** Leaves the keys of others in it. */
  readonly shares: boolean
  /** Repairs what somebody changed before the next refresh. */
  readonly guards: boolean
}

const policies = {
  Owner: { writes: true, creates: true, owns: true, shares: false, guards: true },
  Orphan: { writes: true, creates: true, owns: false, shares: false, guards: false },
  Merge: { writes: true, creates: false, owns: false, shares: true, guards: true },
  CreateOrMerge: { writes: true, creates: true, owns: false, shares: true, guards: true },
  None: { writes: false, creates: false, owns: false, shares: true, guards: false },
} as const satisfies Record<ExternalSecret['spec']['target']['creationPolicy'], Policy>

export const policyOf = ({ spec }: ExternalSecret): Policy => policies[spec.target.creationPolicy]
