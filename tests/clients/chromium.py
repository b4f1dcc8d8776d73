"""A page in Chromium against a stack of local/transcripts. Usage: chromium.py PROGRAM HOST:PORT"""

import http.server
import queue
import subprocess
import sys
import tempfile
import threading
import urllib.parse

PROGRAM, ADDRESS = sys.argv[1:]
EXPECTED = ["protocol chat.v2", "message of 16", "closed 1003", "refused 1006"]

PAGE = """<!doctype html><script>
const url = 'ws://%s/transcript?token=allow'
const told = []
const chosen = new WebSocket(url + '&answer=protocol', ['chat.v1', 'chat.v2'])
chosen.onopen = () => { told.push('protocol ' + chosen.protocol); chosen.send('{"action":"whoami"}') }
chosen.onmessage = ({ data }) => { told.push('message of ' + data.length); chosen.send(new Uint8Array(3)) }
chosen.onclose = ({ code }) => {
    told.push('closed ' + code)
    const silent = new WebSocket(url, ['chat.v1'])
    silent.onopen = () => told.push('opened without its subprotocol')
    silent.onclose = ({ code }) => { told.push('refused ' + code); fetch('/told?' + encodeURIComponent(told.join(';'))) }
}
</script>""" % ADDRESS

heard = queue.Queue()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path == "/told":
            heard.put(urllib.parse.unquote(query).split(";"))
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    page = f"http://127.0.0.1:{server.server_port}/"
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
    browser = subprocess.Popen([PROGRAM, *options, page], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        told = heard.get(timeout=30)
    finally:
        browser.terminate()
        browser.wait()
assert told == EXPECTED, told
version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)
print(f"{version.stdout.strip()}: ok")
