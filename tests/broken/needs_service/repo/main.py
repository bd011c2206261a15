import socket


def ask(port):
    with socket.create_connection(("localhost", port), timeout=5) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(64)


print(ask(6379))
