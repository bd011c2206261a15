import http.server
import threading
import time


class Page(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=lambda: (time.sleep(0.5), server.shutdown())).start()
server.serve_forever()
print("closed")
