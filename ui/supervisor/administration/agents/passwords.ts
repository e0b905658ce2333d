/** The rule that a password breaks, or ''. */
export const passwordRule = (password: string): string =>
  password.length >= 8 && password.length <= 200 ? '' : 'password';

/** Letters and digits that are not taken for one another. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const LENGTH = 14;

/** A password that can be read out: 14 letters and digits, some 80 bits. */
export function newPassword(): string {
  let text = '';
  while (text.length < LENGTH) {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
    // Above the last whole multiple the first letters would come more often.
    if (byte < 256 - (256 % LETTERS.length)) text += LETTERS[byte % LETTERS.length];
  }
  return text;
}
