"""One step as a fresh Python process: connect, one operation, exit. Imports nothing that the step does not need.

python oneshot.py PEER OP URL BUCKET KEY SUBJECT      OP: kv_get | kv_put | publish
"""

import sys

peer, op, url, bucket, key, subject = sys.argv[1:7]
TEXT = "x" * 100

if peer == "none":
    sys.exit(0)
if peer == "noetl_nats_run":
    import noetl_nats

    name, params = {
        "kv_get": ("kv_get", {"bucket": bucket, "key": key}),
        "kv_put": ("kv_put", {"bucket": bucket, "key": key, "value": TEXT}),
        "publish": ("js_publish", {"subject": subject, "data": TEXT}),
    }[op]
    sys.exit(noetl_nats.run(name, {"url": url, **params})["status"] != "success")

sys.path.insert(0, __file__.rpartition("/")[0] + "/peers")
module = __import__(peer)
client = module.Peer()


def step() -> object:
    if op == "kv_get":
        return client.kv_get(bucket, key)
    if op == "kv_put":
        return client.kv_put(bucket, key, TEXT.encode())
    return client.js_publish(subject, TEXT.encode())


if module.SYNC:
    client.connect(url)
    answer = step()
    client.close()
else:
    import asyncio

    async def main() -> object:
        await client.connect(url)
        found: object = await step()  # type: ignore[misc]  # a coroutine here
        await client.close()
        return found

    answer = asyncio.run(main())
sys.exit(not answer)
