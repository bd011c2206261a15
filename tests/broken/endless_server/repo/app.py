from http.server import BaseHTTPRequestHandler, HTTPServer


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")


def main():
    server = HTTPServer(("127.0.0.1", 8000), Hello)
    print("listening on 8000")
    server.serve_forever()


if __name__ == "__main__":
    main()
