import type { Stage } from './stage.ts'

/** One row of the table. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: 'calls' | 'writes' | 'ms' | 's' | 'MiB' | 'req/s' | 'times'
  /** The same from a bare program in the same run: what the machine, and not Latchkey, costs. */
  readonly bare?: number
  /** The most that is allowed. */
  readonly budget?: number
  /** The least that is allowed, where more is better. */
  readonly least?: number
  /** Where the value is a median: what it is the median of. */
  readonly runs?: readonly number[]
  readonly bareRuns?: readonly number[]
}

/** One question, answered by figures. A case leaves no object behind that the next one would meet. */
export interface Case {
  readonly name: string
  readonly about: string
  run(stage: Stage): Promise<readonly Figure[]>
}

/** False where a budget is missed. */
export const isWithin = ({ value, budget, least }: Figure): boolean =>
  (budget === undefined || value <= budget) && (least === undefined || value >= least)
