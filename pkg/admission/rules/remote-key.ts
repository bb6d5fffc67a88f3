import type { ExternalSecret, RemoteRef } from '#api'
import { show } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const control = /[\u0000-\u001f\u007f]/

const refDrafts = (path: string, { key, property }: RemoteRef): Draft[] => {
  const drafts: Draft[] = []
  if (key.trim() === '') drafts.push({ path: `${path}.key`, message: 'is empty', remedy: 'write the path of an item' })
  else if (control.test(key) || key !== key.trim()) {
    const message = `${show(key)} has blanks around it or control characters`
    drafts.push({ path: `${path}.key`, message, remedy: 'write the path as Akeyless shows it' })
  }
  if (property && control.test(property)) {
    const message = `${show(property)} has control characters`
    drafts.push({ path: `${path}.property`, message, remedy: 'write the name as the item has it' })
  }
  return drafts
}

export const remoteKey: Rule<ExternalSecret> = {
  id: 'remote-key',
  doc: 'Every ref names an item: its path is not empty and has no control characters.',
  check: ({ spec }) => [
    ...(spec.data ?? []).flatMap(({ remoteRef }, index) => refDrafts(`spec.data[${index}].remoteRef`, remoteRef)),
    ...(spec.dataFrom ?? []).flatMap(({ extract }, index) =>
      extract ? refDrafts(`spec.dataFrom[${index}].extract`, extract) : [],
    ),
  ],
}
