/** How large the logo of a theme may be, in bytes. */
export const maxLogoSize: number = 256 * 1024

/** The kinds of picture that a theme's logo can be. */
export type LogoType = 'image/svg+xml' | 'image/png' | 'image/webp'

/** What a picture is by its content, whatever its file is called; undefined where it is none of these. */
export function toLogoType(content: Buffer): LogoType | undefined {
  const start = content.subarray(0, 12).toString('latin1')
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp'
  // What may stand before the element: a byte order mark, the XML declaration, comments, the doctype.
  const isSvg = /^\uFEFF?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]/is
  return isSvg.test(content.toString('utf8')) ? 'image/svg+xml' : undefined
}
