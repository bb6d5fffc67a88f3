import { type OutputOptions, rolldown } from 'rolldown'
import { parts } from '../rolldown.config.ts'

/** Writes what the image runs into a folder, and beside it, built the same way, further entries by name. */
export const bundle = async (dir: string, entries: Readonly<Record<string, string>> = {}): Promise<void> => {
  for (const { output, ...input } of parts(entries)) {
    await using build = await rolldown(input)
    await build.write({ ...(output as OutputOptions), dir })
  }
}
