import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { misconfigured } from './refusal.ts'

/** A text of the seed: itself, or the file that holds it, which is read at each use so that it may change. */
export const FileText = z.union([z.string().min(1), z.strictObject({ file: z.string().min(1) })], {
  error: 'must be the text itself or { file: PATH }',
})
export type FileText = z.output<typeof FileText>

/** The text. Throws a 500 that names no more than what is missing. */
export const textOf = async (given: FileText, what: string): Promise<string> => {
  if (typeof given === 'string') return given
  try {
    return await readFile(given.file, 'utf8')
  } catch {
    throw misconfigured(`the file with ${what} cannot be read`)
  }
}
