// The commands of docs/takeover.md, so that a test runs what people type.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { customResourceDefinitions } from '#api'
import { must } from '../twin.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/takeover.md'), 'utf8')

/** The commands under a heading, a line each; `fill` gives the words that stand for a reader's own. */
export const commandsOf = (heading: string, fill: Readonly<Record<string, string>> = {}): readonly string[] => {
  const section = page.split(/^## /m).find(part => part.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`docs/takeover.md has no heading ${heading}`)
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
  const filled = (text: string) => Object.entries(fill).reduce((so, [word, name]) => so.replaceAll(word, name), text)
  return blocks.flatMap(block =>
    filled(block.replaceAll(/\\\n\s*/g, ''))
      .trim()
      .split('\n'),
  )
}

const wordsOf = (command: string): string[] =>
  [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain)

/** Runs a kubectl command of the page; where the kinds are piped into it, those of this version. Its output. */
export const follow = (command: string): Promise<string> => {
  const [, source, kubectl = ''] = /^(npm run --silent latchkey -- crds \| )?kubectl (.*)$/.exec(command) ?? []
  if (kubectl === '') throw new Error(`not for kubectl: ${command}`)
  const crds = customResourceDefinitions().map(crd => JSON.stringify(crd))
  return must(wordsOf(kubectl), source === undefined ? undefined : crds.join('\n'))
}
