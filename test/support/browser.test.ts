import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { openBrowser } from './browser.ts';

describe('the browser from npm', function () {
  this.timeout(60_000);

  it('opens pages, two at once, and runs their scripts', async () => {
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<title>hello</title><p id="sum"></p><script>sum.textContent = 2 + 3</script>');
    }).listen(0, '127.0.0.1');
    const browser = await openBrowser();
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const pages = await Promise.all([browser.newPage(), browser.newPage()]);
      for (const page of pages) {
        await page.goto(url);
        expect(await page.title()).to.equal('hello');
        expect(await page.textContent('#sum')).to.equal('5');
      }
      await pages[0]!.close();
      expect(await pages[1]!.evaluate(() => 1 + 1)).to.equal(2);
    } finally {
      await browser.close();
      server.close();
    }
  });
});
