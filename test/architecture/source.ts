import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'
import { type ModuleName, modules } from './modules.ts'

export const root = resolve(import.meta.dirname, '../..')

/** Files of the working tree: tracked, or new and not ignored; what is deleted and not committed yet is gone. */
export const files = (): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter(file => file !== '' && existsSync(join(root, file)))

export const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const importForm =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g

/** Every specifier that a file imports, re-exports or loads. */
export const importsOf = (file: string): string[] =>
  [...read(file).matchAll(importForm)].map(match => match[1] ?? match[2] ?? match[3] ?? '')

export const moduleOf = (file: string): ModuleName | undefined =>
  (Object.keys(modules) as ModuleName[]).find(name => file.startsWith(`${modules[name].folder}/`))

export const target = (file: string, specifier: string): string => normalize(join(dirname(file), specifier))

export const sources = (): string[] => files().filter(file => file.endsWith('.ts'))

/** Without comments and string literals: words in prose are not code. */
export const code = (file: string): string =>
  read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
