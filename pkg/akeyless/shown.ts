/** An item path as it may stand in a message: one line, no control or direction characters, at most 200 characters. */
export const shown = (path: string): string => {
  const plain = path.replace(/[\p{C}\u2028\u2029]/gu, '?')
  return plain.length <= 200 ? plain : `${plain.slice(0, 199)}…`
}
