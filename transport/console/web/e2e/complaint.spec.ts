import { expect, signIn, test } from "./support/test";

// What the specs hold every page to is worth something only if it is noticed.
test("whatever goes wrong in a page is noticed", async ({ page, world, complaints }) => {
  complaints.expect(/planted/, /Content Security Policy/, /^policy: (style-src-attr|img-src) /, /^elsewhere: GET /);
  const w = await world();
  await signIn(page, w.boss);
  await page.goto("./");
  expect(complaints.list).toEqual([]);
  await page.evaluate(() => {
    setTimeout(() => {
      throw new Error("planted error");
    }, 0);
    console.error("planted message");
    document.body.insertAdjacentHTML("beforeend", `<p style="color:red"></p><img src="http://127.0.0.2:1/x.png">`);
  });
  const list = () => complaints.list.join("\n");
  await expect.poll(list).toContain("error: Error: planted error");
  await expect.poll(list).toContain("console: planted message");
  await expect.poll(list).toContain("policy: style-src-attr inline");
  await expect.poll(list).toContain("policy: img-src http://127.0.0.2:1/x.png");
  await expect.poll(list).toContain("elsewhere: GET http://127.0.0.2:1/x.png");
  expect(complaints.unexpected).toEqual([]);
});
