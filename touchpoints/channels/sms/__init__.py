"""Short messages: Aliyun in mainland China, Twilio elsewhere."""
