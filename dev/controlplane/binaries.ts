import { createHash } from 'node:crypto'
import { accessSync, constants, mkdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { binaryNames } from './versions.ts'

export type Env = Readonly<Record<string, string | undefined>>

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The binaries that a folder lacks; empty when it holds all four, executable. */
export const missingIn = (folder: string): string[] => binaryNames.filter(name => !isExecutable(join(folder, name)))

/** The first executable of that name on PATH. */
export const onPath = (name: string, env: Env): string | undefined =>
  (env['PATH'] ?? '')
    .split(delimiter)
    .filter(folder => folder !== '')
    .map(folder => join(resolve(folder), name))
    .find(isExecutable)

/**
 * One folder for the four binaries on PATH; undefined when one is not there. Where they lie in different folders, a
 * folder of links is made under `cache`, named by what it links to.
 */
export const pathFolder = (env: Env, cache: string): string | undefined => {
  const found = binaryNames.map(name => [name, onPath(name, env)] as const)
  if (found.some(([, path]) => path === undefined)) return undefined
  const folders = new Set(found.map(([name, path]) => (path ?? '').slice(0, -(name.length + 1))))
  const [only] = folders
  if (folders.size === 1 && only) return only
  const digest = createHash('sha256').update(JSON.stringify(found)).digest('hex').slice(0, 12)
  const folder = join(cache, `path-${digest}`)
  if (missingIn(folder).length === 0) return folder
  const prepared = `${folder}.${process.pid}`
  rmSync(prepared, { recursive: true, force: true })
  mkdirSync(prepared, { recursive: true })
  for (const [name, path] of found) symlinkSync(path ?? '', join(prepared, name))
  rmSync(folder, { recursive: true, force: true })
  try {
    renameSync(prepared, folder)
  } catch (error) {
    // another process made the same folder in between
    rmSync(prepared, { recursive: true, force: true })
    if (missingIn(folder).length > 0) throw error
  }
  return folder
}
