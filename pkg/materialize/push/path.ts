import { show } from '#core'

/** What keeps a text from being the path of an item that can be made, as message and remedy; undefined: nothing. */
export const pathProblem = (remoteKey: string): { readonly message: string; readonly remedy: string } | undefined => {
  const parts = remoteKey.split('/').filter(part => part !== '')
  if (parts.length === 0) return { message: 'names no item', remedy: 'write the path of an item' }
  if (parts.some(part => part === '.' || part === '..')) {
    return { message: `${show(remoteKey)} has . or .. in it`, remedy: 'write the path as Akeyless shows it' }
  }
  // Go's words for a key that is not there
  if (remoteKey.includes('<no value>')) {
    return {
      message: `${show(remoteKey)} lacks a value`,
      remedy: 'correct the name in the template: .value is the key',
    }
  }
  return undefined
}
