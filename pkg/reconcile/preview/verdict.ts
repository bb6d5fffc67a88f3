import { type Draft, type Finding, notChecked, stamp } from '#admission'
import { Fault, type FaultCode } from '#core'
import type { Mode } from './ports.ts'

/** What somebody must repair, in the manifest or in Akeyless; every other fault leaves open whether the object works. */
const definite: readonly FaultCode[] = [
  'SpecInvalid',
  'ItemNotFound',
  'AccessDenied',
  'ItemTypeUnsupported',
  'ItemDisabled',
  'VersionNotFound',
  'PropertyNotFound',
  'NotJson',
  'ItemEmpty',
  'ValueInvalid',
  'KeyInvalid',
  'KeyCollision',
  'SecretTooLarge',
  'TemplateInvalid',
]

export const isDefiniteItem = ({ code }: Fault): boolean => definite.includes(code)

/** In the words of the fault, which are those that the status will have. */
export const draftOf = ({ path, message, remedy }: Fault, level: 'warn' | 'deny'): Draft => ({
  path: path ?? 'spec',
  message,
  remedy,
  level,
})

/** A definite fault as the flag wants it; what is open is a warning under a rule of its own, which no policy need make a denial. */
export const findingOf = (rule: { readonly id: string }, fault: Fault, isSure: boolean, mode: Mode): Finding =>
  isSure
    ? stamp(rule.id, draftOf(fault, mode === 'deny' ? 'deny' : 'warn'))
    : stamp(notChecked.id, draftOf(fault, 'warn'))

const open = (path: string, message: string, remedy: string): Finding =>
  stamp(notChecked.id, { path, message: `not checked in full: ${message}`, remedy, level: 'warn' })

const readStatus = 'apply it, and read its status in a moment'

/** Nobody answered in time. `who` is `gateway gw.example.com`. */
export const tooSlow = (path: string, who: string): Finding =>
  open(path, `${who} did not answer within 1 s`, readStatus)

/** The same, known from a moment ago. */
export const stillSlow = (path: string, who: string): Finding =>
  open(path, `${who} did not answer a moment ago`, readStatus)

export const tooMany = (): Finding => open('spec', 'too many checks are running', 'apply it again, or read its status')

/** Whether the fault is only that the check was ended. */
export const isEnded = (fault: unknown, signal: AbortSignal): boolean =>
  signal.aborted && !(fault instanceof Fault && fault.code !== 'Unexpected')
