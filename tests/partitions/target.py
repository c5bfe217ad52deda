"""A service to be checked: /quick answers at once, /slow after SECONDS. Says when it can be asked,
and when it is."""
import http.server
import sys
import time


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print(self.path, flush=True)
        if self.path == "/slow":
            time.sleep(float(sys.argv[1]))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 8000), Page)
print("listening", flush=True)
server.serve_forever()
