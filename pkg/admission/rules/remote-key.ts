import type { ExternalSecret, RemoteRef } from '#api'
import { show } from '#core'
import { findSites } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const control = /[\u0000-\u001f\u007f]/

// paths of Akeyless are far shorter; what is remembered by key must not grow with a tenant's wishes (security.md L6)
const longest = 4_096

const tooLong = (path: string, text: string | undefined): Draft[] =>
  (text?.length ?? 0) > longest
    ? [{ path, message: `is longer than ${longest} characters`, remedy: 'write the name as the item has it' }]
    : []

/** What is wrong with the path of an item. */
export const keyDrafts = (path: string, key: string): Draft[] => {
  const drafts = tooLong(path, key)
  if (key.trim() === '') return [...drafts, { path, message: 'is empty', remedy: 'write the path of an item' }]
  if (!control.test(key) && key === key.trim()) return drafts
  const message = `${show(key)} has blanks around it or control characters`
  return [...drafts, { path, message, remedy: 'write the path as Akeyless shows it' }]
}

/** What is wrong with the name of a property of its value. */
export const propertyDrafts = (path: string, property: string | undefined): Draft[] => {
  const drafts = tooLong(path, property)
  if (!property || !control.test(property)) return drafts
  const message = `${show(property)} has control characters`
  return [...drafts, { path, message, remedy: 'write the name as the item has it' }]
}

const refDrafts = (path: string, { key, property }: RemoteRef): Draft[] => [
  ...keyDrafts(`${path}.key`, key),
  ...propertyDrafts(`${path}.property`, property),
]

const folderDrafts = (path: string, folder: string): Draft[] => {
  if (!control.test(folder)) return []
  return [{ path, message: `${show(folder)} has control characters`, remedy: 'write the folder as Akeyless shows it' }]
}

export const remoteKey: Rule<ExternalSecret> = {
  id: 'remote-key',
  doc: `Every ref names an item: its path is not empty, has no control characters, as that of a folder, and at most ${longest} characters.`,
  check: ({ spec }) => [
    ...(spec.data ?? []).flatMap(({ remoteRef }, index) => refDrafts(`spec.data[${index}].remoteRef`, remoteRef)),
    ...(spec.dataFrom ?? []).flatMap(({ extract }, index) =>
      extract ? refDrafts(`spec.dataFrom[${index}].extract`, extract) : [],
    ),
    ...findSites(spec).flatMap(({ path, find }) => folderDrafts(`${path}.path`, find.path ?? '')),
  ],
}
