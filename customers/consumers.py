from channels.generic.websocket import AsyncJsonWebsocketConsumer


class Live(AsyncJsonWebsocketConsumer):
    pass
