"""Makes a container in a local Azurite: azure_container.py PORT ACCOUNT KEY NAME. Standard library only."""

import base64
import hashlib
import hmac
import sys
import urllib.error
import urllib.request
from email.utils import formatdate

port, account, key, name = sys.argv[1:]
date = formatdate(usegmt=True)
version = "2021-08-06"
path = f"/{account}/{name}"
lines = ["PUT", "", "", "", "", "", "", "", "", "", "", "", f"x-ms-date:{date}", f"x-ms-version:{version}"]
text = "\n".join(lines + [f"/{account}{path}", "restype:container"])
signed = base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()
request = urllib.request.Request(
    f"http://127.0.0.1:{port}{path}?restype=container",
    method="PUT",
    headers={
        "x-ms-date": date,
        "x-ms-version": version,
        "Authorization": f"SharedKey {account}:{signed}",
        "Content-Length": "0",
    },
)
try:
    urllib.request.urlopen(request).close()
except urllib.error.HTTPError as error:
    sys.exit(f"{error.code}: {error.read().decode()}")
