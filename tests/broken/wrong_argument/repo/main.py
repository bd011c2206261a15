from trainer import Trainer


def main():
    trainer = Trainer(learning_rate=0.1, epochs=3)
    print(trainer.run([1.0, 2.0, 3.0]))


if __name__ == "__main__":
    main()
