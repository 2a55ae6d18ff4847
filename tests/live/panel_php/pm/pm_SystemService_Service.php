<?php
abstract class pm_SystemService_Service
{
}
