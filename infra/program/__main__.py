from infra.stack import run

run()
