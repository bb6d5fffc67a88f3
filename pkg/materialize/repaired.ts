import type { ByteText } from './json/cursor.ts'

const beyondAscii = new RegExp(
  [
    '[\\xc2-\\xdf][\\x80-\\xbf]',
    '\\xe0[\\xa0-\\xbf][\\x80-\\xbf]',
    '[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}',
    '\\xed[\\x80-\\x9f][\\x80-\\xbf]',
    '\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}',
    '[\\xf1-\\xf3][\\x80-\\xbf]{3}',
    '\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}',
    '([\\x80-\\xff])',
  ].join('|'),
  'g',
)
/** U+FFFD as bytes. */
const replacement = '\xef\xbf\xbd'

/** U+FFFD for each byte that is no UTF-8, as Go's encoding/json writes it; Buffer would write one for several. */
export const repaired = (text: ByteText): ByteText =>
  text.replaceAll(beyondAscii, (whole: string, wrong: string | undefined) =>
    wrong === undefined ? whole : replacement,
  )
