import type { Case } from '../case.ts'
import { admissionLive } from './admission-live.ts'
import { apply } from './apply.ts'
import { converge } from './converge.ts'
import { convergeTemplate } from './converge-template.ts'
import { fanOut } from './fan-out.ts'
import { firstSync } from './first-sync.ts'
import { fuzz } from './fuzz.ts'
import { hostile } from './hostile.ts'
import { idle } from './idle.ts'
import { push } from './push.ts'
import { start } from './start.ts'
import { stores } from './stores.ts'
import { template } from './template.ts'
import { webhook } from './webhook.ts'

/** All cases, in the order of the table; a new one is a file and a line. */
// fan-out last: the namespaces that it makes are a long time in going
// stores first: it runs without a webhook, and a registration of another case would refuse its manifests
export const cases: readonly Case[] = [
  stores,
  firstSync,
  start,
  idle,
  webhook,
  admissionLive,
  fuzz,
  hostile,
  apply,
  converge,
  template,
  convergeTemplate,
  push,
  fanOut,
]
