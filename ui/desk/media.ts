/** What was asked already: a file is either there or comes with another page load. */
const known = new Map<string, Promise<boolean>>();

/** Whether the server has a file. A question that got no answer is asked again the next time. */
export function isServed(url: string): Promise<boolean> {
  let answer = known.get(url);
  if (!answer) {
    answer = fetch(url, { method: 'HEAD', credentials: 'same-origin' }).then(
      (response) => response.ok,
      () => {
        known.delete(url);
        return false;
      },
    );
    known.set(url, answer);
  }
  return answer;
}
