import { showMs } from '#core'

/** What npm start prints. Colour and a moving line only on a terminal; the same text, plain, elsewhere. */
export interface Screen {
  /** A stage begins; what it waits for is shown until `done`. */
  begin(name: string): void
  progress(text: string): void
  done(text: string): void
  say(text?: string): void
}

export const createScreen = (out: NodeJS.WriteStream, stages: number, now: () => number): Screen => {
  let count = 0
  let name = ''
  let started = 0
  let lastPlain = 0
  const label = () => `  ${count}/${stages} ${name.padEnd(18)}`
  const line = (text: string) => out.write(`${out.isTTY ? '\r\x1b[2K' : ''}${text}\n`)
  return {
    begin(stage) {
      count += 1
      name = stage
      started = now()
      lastPlain = now()
      if (out.isTTY) out.write(`${label()}…`)
    },
    progress(text) {
      const shown = `${label()}${text}  ${showMs(now() - started)}`
      if (out.isTTY) out.write(`\r\x1b[2K${shown.slice(0, out.columns)}`)
      // where lines stay, one each 15 s tells that it lives
      else if (now() - lastPlain > 15_000) {
        lastPlain = now()
        line(shown)
      }
    },
    done(text) {
      const took = now() - started
      line(`${label()}${text}${took >= 500 ? `  (${showMs(took)})` : ''}`)
    },
    say(text = '') {
      line(text)
    },
  }
}

/** Columns as wide as their widest cell. */
export const table = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  )
}
